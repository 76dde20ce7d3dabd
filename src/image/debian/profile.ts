/**
 * `minimal`: boots and takes SSH, what tests use. `lab`: headers, compilers, debuggers too.
 * `desktop`: the lab with a desktop on the screen, and X2Go's server.
 */
export type ImageProfile = 'minimal' | 'lab' | 'desktop';
