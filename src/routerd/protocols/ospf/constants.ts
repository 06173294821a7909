/** Architectural constants (RFC 2328 Appendix B), the RFC's suggested intervals, and our own limits. */
import { MILLISECOND, SECOND } from '../../../world/clock.ts';

export const OSPF_VERSION = 2;
/** All routers that run OSPF on a link. */
export const ALL_SPF_ROUTERS = 0xe0000005;
/** The designated router and its backup. */
export const ALL_D_ROUTERS = 0xe0000006;

/** Options (A.2): the area takes AS-external-LSAs; it is an NSSA, or a type 7 is to be translated (RFC 3101 A); opaque LSAs are welcome (RFC 5250 A.1). */
export const OPTION_E = 0x02;
export const OPTION_NP = 0x08;
export const OPTION_O = 0x40;

export const BACKBONE = 0;
/** The metric of a summary or external route that cannot be used (LSInfinity). */
export const LS_INFINITY = 0xffffff;
/** Of a link that only what ends at the router is to use (RFC 6987 MaxLinkMetric). */
export const MAX_LINK_METRIC = 0xffff;

export const MAX_AGE_S = 3600;
export const MAX_AGE_DIFF_S = 900;
export const LS_REFRESH_TIME_NS = 1800 * SECOND;
/**
 * The first LSA of a router that has just begun waits for its first adjacencies, and for what neighbours still
 * have of it from before; or it would say next to nothing, and could be mended only MinLSInterval later. As routers
 * of one network begin one after the other, it waits anew as long as there is more to say each time, up to a limit.
 */
export const FIRST_ORIGINATION_DELAY_NS = 500 * MILLISECOND;
export const FIRST_ORIGINATION_LIMIT_NS = 2 * SECOND;
/** Added to the age of every LSA that is sent (InfTransDelay, C.3). */
export const INF_TRANS_DELAY_S = 1;
export const INITIAL_SEQUENCE = -0x7fffffff;
export const MAX_SEQUENCE = 0x7fffffff;

/** How long who is elected no more to translate an NSSA's type 7 goes on to (RFC 3101 3.1, TranslatorStabilityInterval). */
export const TRANSLATOR_STABILITY_NS = 40 * SECOND;

/** So often between two refreshes does another router outdo an LSA of ours until we say so: it may think that it is us. */
export const CONTESTED = 4;

export const RXMT_INTERVAL_S = 5;
/** How long acknowledgements are gathered: well below the neighbour's RxmtInterval (13.5). */
export const ACK_DELAY_NS = 1 * SECOND;
/** At most one batch of updates leaves an interface in this time; the first leaves at once. */
export const FLOOD_PACING_NS = 33 * MILLISECOND;

export const IP_HEADER_BYTES = 20;

/** LSAs of one area, and of the whole AS; opaque ones of one link. */
export const MAX_LSAS = 50_000;
export const MAX_LINK_LSAS = 256;
export const MAX_AREAS = 256;
/** Routes from elsewhere that one router announces. */
export const MAX_EXTERNALS = 40_000;
export const MAX_NEIGHBOURS_PER_INTERFACE = 256;
/** Updates sent to one neighbour when a retransmission timer fires; the rest waits for the next. */
export const MAX_UPDATES_PER_RETRANSMISSION = 16;
/** Updates that leave an interface in one flood batch; the rest waits for the next. */
export const MAX_PACKETS_PER_BATCH = 32;
