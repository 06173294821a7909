/** Key chains: keys by number, each with its secret and algorithm. */
import { integer, name, oneOf, restOfLine } from './argument.ts';
import { type Command, command, put, Refusal, setting } from './command.ts';
import { atMost } from './limits.ts';
import type { RouterConfig } from './model.ts';
import type { KeyAlgorithm, KeyChainConfig, KeyConfig } from './policy-model.ts';

const KEY_ALGORITHMS: readonly KeyAlgorithm[] = [
  'md5',
  'hmac-sha-1',
  'hmac-sha-256',
  'hmac-sha-384',
  'hmac-sha-512',
];

const keyNumber = integer(0, 2147483647);

export const openKeyChain: Command = command({
  section: '',
  keywords: 'key chain',
  help: 'keys that protocols authenticate with; they follow',
  argument: name('NAME'),
  set: (config, _name, wanted) =>
    findChain(config, wanted) !== undefined
      ? config
      : (atMost(config.keyChains, 'key chains') ?? withChain(config, { name: wanted, keys: [] })),
  opens: (wanted) => ({ kind: 'key chain', name: wanted }),
  removal: {
    argument: name('NAME'),
    unset: (config, _name, unwanted) =>
      findChain(config, unwanted) === undefined
        ? new Refusal(`there is no key chain "${unwanted}" to remove`)
        : { ...config, keyChains: config.keyChains.filter((each) => each.name !== unwanted) },
  },
  lines: (config) =>
    config.keyChains.map((each) => ({
      text: `key chain ${each.name}`,
      group: each.name,
      opens: { kind: 'key chain', name: each.name },
    })),
});

export const openKey: Command = command({
  section: 'key chain',
  keywords: 'key',
  help: 'a key by its number; the smallest number sends, all are accepted',
  argument: keyNumber,
  set(config, chainName, id) {
    const chain = findChain(config, chainName);
    if (chain === undefined || chain.keys.some((each) => each.id === id)) return config;
    const keys = [...chain.keys, { id, keyString: '' }];
    return atMost(chain.keys, 'keys in a chain') ?? withChain(config, { ...chain, keys });
  },
  opens: (id, outer) => ({ kind: 'key', name: String(id), outer }),
  removal: {
    argument: keyNumber,
    unset(config, chainName, id) {
      const chain = findChain(config, chainName);
      const keys = (chain?.keys ?? []).filter((each) => each.id !== id);
      return chain === undefined || keys.length === chain.keys.length
        ? new Refusal(`key chain "${chainName}" has no key ${id}`)
        : withChain(config, { ...chain, keys });
    },
  },
  lines: (config, chainName) =>
    (findChain(config, chainName)?.keys ?? []).map(({ id }) => ({
      text: `key ${id}`,
      group: String(id),
      opens: { kind: 'key', name: String(id), outer: { kind: 'key chain', name: chainName } },
      closing: 'exit',
    })),
});

export const keyCommands: readonly Command[] = [
  setting<string>({
    section: 'key',
    keywords: 'key-string',
    help: 'the secret that both ends know',
    argument: restOfLine,
    get: (config, path) => findKey(config, path)?.keyString || undefined,
    put: (config, path, keyString = '') => updateKey(config, path, (key) => ({ ...key, keyString })),
  }),
  setting<KeyAlgorithm>({
    section: 'key',
    keywords: 'cryptographic-algorithm',
    help: 'how packets and key are hashed (default md5)',
    argument: oneOf(...KEY_ALGORITHMS),
    get: (config, path) => findKey(config, path)?.algorithm,
    put: (config, path, algorithm) => updateKey(config, path, (key) => put(key, 'algorithm', algorithm)),
  }),
];

function findChain(config: RouterConfig, chainName: string): KeyChainConfig | undefined {
  return config.keyChains.find((each) => each.name === chainName);
}

function withChain(config: RouterConfig, chain: KeyChainConfig): RouterConfig {
  const others = config.keyChains.filter((each) => each.name !== chain.name);
  return { ...config, keyChains: [...others, chain] };
}

/** The path of a key is its chain's name and its own number. */
function findKey(config: RouterConfig, path: string): KeyConfig | undefined {
  const [chainName, id] = path.split(' ');
  return findChain(config, chainName)?.keys.find((each) => String(each.id) === id);
}

function updateKey(config: RouterConfig, path: string, change: (key: KeyConfig) => KeyConfig): RouterConfig {
  const [chainName, id] = path.split(' ');
  const chain = findChain(config, chainName);
  if (chain === undefined) return config;
  const keys = chain.keys.map((each) => (String(each.id) === id ? change(each) : each));
  return withChain(config, { ...chain, keys });
}
