/**
 * The part of SARIF 2.1.0 that Threadlint writes, as a JSON schema written from the specification. It is
 * stricter than the standard: only the properties that are used are allowed, so a slip in a name is noticed.
 */

const text = { type: 'string', minLength: 1 };
const count = { type: 'integer', minimum: 1 };
const uri = { type: 'string', pattern: "^[A-Za-z0-9._~:/?#\\[\\]@!$&'()*+,;=%-]*$" };

const object = (properties: Record<string, unknown>, required: readonly string[]) => ({
  type: 'object',
  additionalProperties: false,
  properties,
  required,
});
const list = (items: unknown) => ({ type: 'array', items });
const filled = (items: unknown) => ({ type: 'array', items, minItems: 1 });

const message = object({ text, markdown: text }, ['text']);
const level = { enum: ['none', 'note', 'warning', 'error'] };
const artifactLocation = object({ uri, uriBaseId: text }, ['uri']);
const region = object({ startLine: count, startColumn: count, endLine: count, endColumn: count }, [
  'startLine',
  'startColumn',
  'endLine',
  'endColumn',
]);
const physicalLocation = object({ artifactLocation, region }, ['artifactLocation']);
const location = object({ id: { type: 'integer', minimum: 0 }, physicalLocation, message }, [
  'physicalLocation',
]);
const threadFlow = object({ message, locations: filled(object({ location }, ['location'])) }, ['locations']);
const notification = object({ level, message, locations: list(location) }, ['level', 'message']);

const rule = object(
  {
    id: text,
    name: text,
    shortDescription: message,
    fullDescription: message,
    help: message,
    helpUri: { type: 'string', pattern: '^https://' },
    defaultConfiguration: object({ enabled: { type: 'boolean' }, level }, ['enabled', 'level']),
    properties: object({ tags: { ...filled(text), uniqueItems: true } }, ['tags']),
  },
  ['id', 'shortDescription', 'fullDescription', 'help', 'helpUri', 'defaultConfiguration', 'properties'],
);

const result = object(
  {
    ruleId: text,
    ruleIndex: { type: 'integer', minimum: 0 },
    level,
    message,
    locations: filled(location),
    relatedLocations: filled(location),
    codeFlows: filled(object({ threadFlows: filled(threadFlow) }, ['threadFlows'])),
    partialFingerprints: { type: 'object', minProperties: 1, additionalProperties: text },
    properties: { type: 'object' },
  },
  ['ruleId', 'ruleIndex', 'level', 'message', 'locations', 'partialFingerprints'],
);

const run = object(
  {
    tool: object(
      {
        driver: object(
          { name: text, version: text, semanticVersion: text, informationUri: uri, rules: filled(rule) },
          ['name', 'version', 'rules'],
        ),
      },
      ['driver'],
    ),
    columnKind: { const: 'utf16CodeUnits' },
    originalUriBaseIds: {
      type: 'object',
      additionalProperties: object({ uri: { type: 'string', pattern: '^file:///.*/$' } }, ['uri']),
    },
    invocations: filled(
      object({ executionSuccessful: { type: 'boolean' }, toolExecutionNotifications: list(notification) }, [
        'executionSuccessful',
      ]),
    ),
    results: list(result),
  },
  ['tool', 'columnKind', 'results', 'invocations'],
);

export const SARIF_SCHEMA = object({ $schema: uri, version: { const: '2.1.0' }, runs: filled(run) }, [
  'version',
  'runs',
]);
