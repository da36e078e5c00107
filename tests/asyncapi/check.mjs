// SPDX-License-Identifier: MIT
// docs/asyncapi.yaml by the official parser: nothing to complain of, not even a warning.
import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';

const file = new URL('../../docs/asyncapi.yaml', import.meta.url);
const { diagnostics } = await new Parser().parse(readFileSync(file, 'utf8'));
// what is only advice: a contact, an id of the document, a newer version of the specification, ids of operations
const advice = ['asyncapi-info-contact', 'asyncapi-id', 'asyncapi-latest-version', 'asyncapi-3-tags', 'asyncapi-tags'];
const complaints = diagnostics.filter((one) => !advice.includes(one.code));

for (const { code, message, path, range } of complaints) {
  console.error(`docs/asyncapi.yaml:${range.start.line + 1}: ${path.join('.')}: ${message} (${code})`);
}
process.exit(complaints.length === 0 ? 0 : 1);
