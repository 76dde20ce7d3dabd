/** Set for everything that a test run starts; makeLab hands it on to the program under test. */
export const runMark = 'UTOPIA_TEST_RUN';
