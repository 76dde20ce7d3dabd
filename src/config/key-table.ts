import { describeDefault } from './example.ts';
import { factsOf, keyNames } from './config-keys.ts';

/** The keys as a Markdown table, for docs/config.md. */
export function renderKeyTable(): string {
  const rows = keyNames.map((key) => {
    const facts = factsOf(key);
    const flag = facts.flag === undefined ? '' : `\`${facts.flag}\``;
    return `| \`${key}\` | ${facts.description} | ${facts.takes} | ${describeDefault(facts)} | ${flag} |`;
  });
  return [
    '| key | meaning | takes | default | for one run |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}
