/** Stands in a shown address where something was left out. */
const leftOut = '…';

/**
 * A URL as it may be shown and written down: without user name and password, without the
 * values of its query, which may be a token or a signature, and without its fragment.
 * The request itself has them. Pure.
 */
export function shownUrl(url: URL): string {
  const query = url.search
    .slice(1)
    .split('&')
    .filter((part) => part !== '')
    .map((part) =>
      part.includes('=') ? `${part.slice(0, part.indexOf('='))}=${leftOut}` : leftOut,
    )
    .join('&');
  return `${url.protocol}//${url.host}${url.pathname}${query === '' ? '' : `?${query}`}`;
}

/** The same for a text that is no URL that we could read. Pure. */
export function shownText(text: string): string {
  return text
    .replace(/[?#].*$/s, (rest) => (rest.length > 1 ? `?${leftOut}` : rest))
    .replace(/^([^/]{0,64}:?\/\/)?.*@/s, `$1${leftOut}@`);
}
