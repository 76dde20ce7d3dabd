import { randomBytes } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { stateRoot } from '../../system/places.ts';
import { stringifyHarmlessly } from '../../text/harmless.ts';
import { makeFolder } from '../../system/make-folder.ts';

/** Values that wait on the disk until all are there, in any order; memory holds where they are. */
export interface Spool<Value> extends AsyncDisposable {
  put(index: number, value: Value): Promise<void>;
  /** As harmless JSON, in the order of their numbers. */
  texts(): AsyncGenerator<string>;
  /** Themselves, in that order. */
  values(): AsyncGenerator<Value>;
}

/** Opens one in a file without a name, which goes with this process whatever ends it. */
export async function openSpool<Value>({
  env,
}: Pick<LifecycleContext, 'env'>): Promise<Spool<Value>> {
  const folder = stateRoot(env);
  await makeFolder(folder, { mode: 0o700 });
  const path = join(folder, `.verdicts.${randomBytes(8).toString('hex')}`);
  const file = await open(path, 'wx+', 0o600);
  await rm(path);
  const places: ({ readonly at: number; readonly bytes: number } | undefined)[] = [];
  let end = 0;

  async function* texts(): AsyncGenerator<string> {
    for (const place of places) {
      if (place === undefined) continue;
      const buffer = Buffer.alloc(place.bytes);
      let done = 0;
      while (done < place.bytes) {
        const { bytesRead } = await file.read(buffer, done, place.bytes - done, place.at + done);
        if (bytesRead === 0) throw new Error('a verdict is gone from its file');
        done += bytesRead;
      }
      yield buffer.toString();
    }
  }

  return {
    texts,
    put: async (index, value) => {
      const text = Buffer.from(stringifyHarmlessly(value));
      const at = end;
      end += text.length;
      for (let done = 0; done < text.length;) {
        const { bytesWritten } = await file.write(text, done, text.length - done, at + done);
        done += bytesWritten;
      }
      places[index] = { at, bytes: text.length };
    },
    values: async function* values() {
      for await (const text of texts()) yield JSON.parse(text) as Value;
    },
    [Symbol.asyncDispose]: async () => {
      await file.close();
    },
  };
}
