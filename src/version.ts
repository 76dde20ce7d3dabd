declare const UTOPIA_VERSION: string;

/** utopia's own version, from package.json when it was built. */
export const utopiaVersion: string = UTOPIA_VERSION;
