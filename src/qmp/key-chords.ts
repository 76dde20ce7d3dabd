import { UtopiaError } from '../errors.ts';

/** Keys as QEMU names them (QKeyCode in qapi/ui.json, those that QEMU 5 to 10 share). */
const keyCodes: ReadonlySet<string> = new Set(
  `shift shift_r alt alt_r ctrl ctrl_r menu esc 1 2 3 4 5 6 7 8 9 0 minus equal backspace tab
   q w e r t y u i o p bracket_left bracket_right ret a s d f g h j k l semicolon apostrophe
   grave_accent backslash z x c v b n m comma dot slash asterisk spc caps_lock f1 f2 f3 f4 f5 f6
   f7 f8 f9 f10 num_lock scroll_lock kp_divide kp_multiply kp_subtract kp_add kp_enter kp_decimal
   sysrq kp_0 kp_1 kp_2 kp_3 kp_4 kp_5 kp_6 kp_7 kp_8 kp_9 less f11 f12 print home pgup pgdn end
   left up down right insert delete stop again props undo front copy open paste find cut lf help
   meta_l meta_r compose pause ro hiragana henkan yen muhenkan katakanahiragana kp_comma kp_equals
   power sleep wake audionext audioprev audiostop audioplay audiomute volumeup volumedown
   mediaselect mail calculator computer ac_home ac_back ac_forward ac_refresh ac_bookmarks`.split(
    /\s+/,
  ),
);

/** What keyboards and other programs call them. */
const otherNames: Readonly<Record<string, string>> = {
  backtick: 'grave_accent',
  bksp: 'backspace',
  control: 'ctrl',
  cmd: 'meta_l',
  del: 'delete',
  enter: 'ret',
  escape: 'esc',
  equals: 'equal',
  ins: 'insert',
  meta: 'meta_l',
  pagedown: 'pgdn',
  pageup: 'pgup',
  pgdown: 'pgdn',
  printscreen: 'print',
  prtsc: 'print',
  quote: 'apostrophe',
  return: 'ret',
  space: 'spc',
  super: 'meta_l',
  win: 'meta_l',
};

/** Every name that `readChord` takes, QEMU's first. */
export const keyNames: readonly string[] = [...keyCodes, ...Object.keys(otherNames)];

/** A chord as QEMU's key codes, or the name in it that is no key. */
export type Chord = { readonly keys: readonly string[] } | { readonly unknown: string };

/** Reads `ctrl-alt-del`, `ctrl+c`, `F2`, `ret`: keys that are pressed together. */
export function readChord(text: string): Chord {
  const keys: string[] = [];
  for (const name of text.toLowerCase().split(/[-+]/)) {
    const key = Object.hasOwn(otherNames, name) ? (otherNames[name] ?? name) : name;
    if (!keyCodes.has(key)) return { unknown: name };
    keys.push(key);
  }
  return { keys };
}

/** The keys of a chord. Throws `usage`, with the names that come near one that is no key. */
export function requireChord(text: string): readonly string[] {
  const chord = readChord(text);
  if ('keys' in chord) return chord.keys;
  const near = keyNames.filter(
    (name) =>
      chord.unknown !== '' &&
      (name.startsWith(chord.unknown) || chord.unknown.startsWith(name)) &&
      name.length > 1,
  );
  const known = near.length === 0 ? '' : ` Meant ${near.slice(0, 4).join(', ')}?`;
  throw new UtopiaError(
    'usage',
    `"${chord.unknown}" in "${text}" is not the name of a key.${known}`,
    {
      hint: 'utopia key --list',
    },
  );
}
