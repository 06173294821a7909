/** `router isis` and what interfaces say of it, as data. */
import type { RedistributeConfig } from './policy-model.ts';

export type IsisLevel = 1 | 2;

/** `router isis TAG`, and nothing below it. */
export const EMPTY_ISIS: IsisConfig = { tag: '', nets: [], redistribute: [], defaultInformation: [] };

/** `router isis TAG` */
export interface IsisConfig {
  readonly tag: string;
  /** `net 49.0001.1921.6800.1001.00`: area, system id, selector 00. The first one names the system. */
  readonly nets: readonly string[];
  /** `is-type` (default: both). */
  readonly levels?: readonly IsisLevel[];
  /** `metric-style` (default: wide). */
  readonly metricStyle?: 'narrow' | 'transition' | 'wide';
  /** `set-overload-bit`, `set-overload-bit on-startup S` */
  readonly overload?: boolean;
  readonly overloadOnStartupS?: number;
  /** `attached-bit send`; off: a level-1-2 router does not say that it knows the way out. Default on. */
  readonly attached?: boolean;
  /** `lsp-mtu`, bytes (default 1497). */
  readonly lspMtu?: number;
  /** `lsp-gen-interval`, `lsp-refresh-interval`, `max-lsp-lifetime`, s. */
  readonly lspGenerationIntervalS?: number;
  readonly lspRefreshIntervalS?: number;
  readonly lspLifetimeS?: number;
  /** `spf-interval`, s between two SPF runs (default 1). */
  readonly spfIntervalS?: number;
  /** `area-password`, of level 1, and `domain-password`, of level 2. */
  readonly areaPassword?: IsisPassword;
  readonly domainPassword?: IsisPassword;
  /** `maximum-paths`, 1 .. 64 (default 64). Ours: FRR takes all. */
  readonly maximumPaths?: number;
  readonly redistribute: readonly (RedistributeConfig & { readonly level: IsisLevel })[];
  /** `default-information originate ipv4 level-N [always] [metric N] [route-map NAME]` */
  readonly defaultInformation: readonly {
    readonly level: IsisLevel;
    readonly always: boolean;
    readonly metric?: number;
    readonly routeMap?: string;
  }[];
  /** `redistribute isis ip level-2 into level-1 [route-map NAME]` (IOS; RFC 5302): leaks routes downward. */
  readonly leak?: { readonly routeMap?: string };
}

export interface IsisPassword {
  /** Of areas and domains: SNPs are signed too; `validate`: and taken only when they are. Left out: LSPs alone. */
  readonly snp?: 'send-only' | 'validate';
  readonly kind: 'clear' | 'md5';
  readonly password: string;
}

export interface InterfaceIsisConfig {
  /** `ip router isis TAG`: runs IS-IS on the interface. */
  readonly tag?: string;
  /** `isis circuit-type` (default: both). */
  readonly levels?: readonly IsisLevel[];
  /** `isis network point-to-point` */
  readonly network?: 'point-to-point';
  readonly passive?: boolean;
  /** `isis metric [level-N] N`, 0 .. 16777215 (default 10). */
  readonly metric?: PerLevel;
  /** `isis hello-interval [level-N] S` (default 3), `isis hello-multiplier` (default 10). */
  readonly helloIntervalS?: PerLevel;
  readonly helloMultiplier?: PerLevel;
  /** `isis priority [level-N] N`, 0 .. 127 (default 64). */
  readonly priority?: PerLevel;
  /** `isis csnp-interval`, `isis psnp-interval`, s (default 10, 2). */
  readonly csnpIntervalS?: PerLevel;
  readonly psnpIntervalS?: PerLevel;
  /** `no isis hello padding` */
  readonly helloPadding?: boolean;
  /** `no isis three-way-handshake` */
  readonly threeWay?: boolean;
  readonly password?: IsisPassword;
}

export interface PerLevel {
  readonly 1?: number;
  readonly 2?: number;
}
