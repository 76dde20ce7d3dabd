declare const UTOPIA_VERSION: string | undefined;

/** utopia's own version, from package.json when it was built; `source` where nothing was built, as in a script that imports src/. */
export const utopiaVersion: string = typeof UTOPIA_VERSION === 'string' ? UTOPIA_VERSION : 'source';
