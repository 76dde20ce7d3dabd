/** ora under a name of its own: a file of its own in the bundle, where default exports are wrapped twice. */
export { default as ora } from 'ora';
