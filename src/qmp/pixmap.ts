/** A picture as rows of red, green and blue bytes, from the top. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/**
 * Reads a binary PPM with 8 bits a colour (P6 of the Netpbm formats), which is
 * what every QEMU's screendump writes. Undefined when it is none, or not whole.
 */
export function readPixmap(bytes: Uint8Array): Picture | undefined {
  const head = Buffer.from(bytes.subarray(0, 64)).toString('latin1');
  const match = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(head);
  if (match === null) return undefined;
  const [whole, width, height] = [match[0].length, Number(match[1]), Number(match[2])];
  const data = bytes.subarray(whole, whole + width * height * 3);
  if (width === 0 || height === 0 || data.length < width * height * 3) return undefined;
  return { width, height, data };
}
