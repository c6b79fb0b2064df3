// Checks Kubernetes objects against the types that kubernetes-models generates from Kubernetes' OpenAPI
// and from the operators' resource definitions. An object literal in TypeScript may have no field that
// its type does not know, lack none that it demands, and have none of another kind.
//
//   node validate.mjs < documents.json     a list of {name, object}; prints a list of faults
import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const packages = {
  'monitoring.coreos.com/v1': '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
  'cert-manager.io/v1': '@kubernetes-models/cert-manager/cert-manager.io/v1',
  'keda.sh/v1alpha1': '@kubernetes-models/keda/keda.sh/v1alpha1',
};

function moduleOf({apiVersion, kind}) {
  return `${packages[apiVersion] ?? `kubernetes-models/${apiVersion}`}/${kind}`;
}

const documents = JSON.parse(fs.readFileSync(0, 'utf8'));
const here = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const sources = new Map(documents.map(({object}, i) => [
  path.join(here, `document${i}.ts`),
  `import type { I${object.kind} as T } from '${moduleOf(object)}';\n` +
    `export const object: T = ${JSON.stringify(object, null, 1)};\n`,
]));

const options = {
  strict: true, noEmit: true, skipLibCheck: true, types: [],
  target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
};
const host = ts.createCompilerHost(options);
const {getSourceFile, fileExists, readFile} = host;
host.fileExists = (name) => sources.has(name) || fileExists.call(host, name);
host.readFile = (name) => sources.get(name) ?? readFile.call(host, name);
host.getSourceFile = (name, languageVersion, ...rest) => sources.has(name)
  ? ts.createSourceFile(name, sources.get(name), languageVersion)
  : getSourceFile.call(host, name, languageVersion, ...rest);

const program = ts.createProgram([...sources.keys()], options, host);
const faults = [...sources.keys()].flatMap((name, i) => {
  const file = program.getSourceFile(name);
  return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map((fault) => {
    const {line} = file.getLineAndCharacterOfPosition(fault.start);
    const text = ts.flattenDiagnosticMessageText(fault.messageText, '\n');
    return `${documents[i].name}: ${file.text.split('\n')[line].trim()}: ${text}`;
  });
});
process.stdout.write(JSON.stringify(faults));
