/** Prints the TypeScript types of schemas/topology.schema.json: `node scripts/topology-types.ts > src/runner/experiment/topology/schema.generated.ts`. */
import { compileFromFile } from 'json-schema-to-typescript';

export function topologyTypes(): Promise<string> {
  return compileFromFile('schemas/topology.schema.json', {
    additionalProperties: false,
    bannerComment: '/** Made from schemas/topology.schema.json by scripts/topology-types.ts. */',
    unreachableDefinitions: true,
    maxItems: 2,
  });
}

if (import.meta.main) process.stdout.write(await topologyTypes());
