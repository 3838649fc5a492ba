// @ts-check
// The shapes of the API's answers that the pages read (the server's OpenAPI document is the authority). Instants are seconds
// since the epoch, UTC; anything optional may be missing and is then shown as a dash, never as zero.

/**
 * @typedef {{zh: string, en: string}} Name
 * @typedef {{name: string, role: string, expires?: number}} Session
 * @typedef {{place: string, rule: string, mend: string}} Problem
 *
 * @typedef {{stage: number, name: Name, phases: string[], min_green_s: number, max_green_s: number, yellow_s: number, all_red_s: number}} Stage
 * @typedef {{id: string, serves: string, from: string, movements: string}} Phase
 * @typedef {{channel: number, from: string, lane: number, kind: string, distance_m: number}} Detector
 * @typedef {{id: string, name: Name, stages: Stage[], phases: Phase[], reference_phase: string, detectors: Detector[],
 *   cabinet?: {line: string, unit: number, profile: string}, position?: {lat: number, lon: number}}} Intersection
 * @typedef {{intersection: string, at_m: number, outbound_from?: string, inbound_from?: string}} Member
 * @typedef {{length_m: number, speed_km_h: number}} Link
 * @typedef {{id: string, name: Name, length_m: number, members: Member[], links: {outbound: Link, inbound: Link}[]}} Corridor
 * @typedef {{fingerprint: string, utc_offset_s: number, corridors: Corridor[], intersections: Intersection[]}} Network
 *
 * @typedef {{width_s: number, share?: number}} Band
 * @typedef {{high: number, medium: number, low: number}} Counts
 * @typedef {{speed_km_h?: number, free_flow_km_h?: number, baseline_km_h?: number, delay_s?: number, arrivals_on_green?: number, band?: Band}} Way
 * @typedef {{id: string, cycle_s?: number, in_step?: boolean, outbound: Way, inbound: Way,
 *   warning?: {intersection: string, from: string, share_full?: number, full_in_s?: number},
 *   cabinets?: {all: number, centre: number, lost: number, other: number}}} LiveCorridor
 * @typedef {{id: string, link: string, mode?: string, stage?: number, next_stage_in_s?: number, cycle_s?: number, offset_s?: number,
 *   offset_error_s?: number, clock_error_s?: number, answer_ms?: number, on_target?: boolean, requested?: boolean, fault?: number,
 *   detectors?: {good: number, doubtful: number, failed: number}}} LiveIntersection
 * @typedef {{id: any, kind: string, corridor?: string, intersections?: string[], intersection?: string, from?: number, until?: number,
 *   by?: string, why?: string, text?: Name, progress?: any, state?: string}} Intervention
 * @typedef {{at: number, clock: string, time_scale?: number, armed: boolean, mode: string, adaptation?: string, step?: number,
 *   corridors: LiveCorridor[], intersections: LiveIntersection[]}} City
 *
 * @typedef {{outbound: number, inbound: number}} Both
 * @typedef {{intersection: string, at_m?: number, outbound?: number[][], inbound?: number[][], yellow_s?: Both}} DiagramRow
 * @typedef {{width_s: number, points: number[][]}} Passage
 * @typedef {{outbound?: {intersection: string, at: number[]}[], inbound?: {intersection: string, at: number[]}[]}} Arrivals
 * @typedef {{outbound?: {intersection: string, spans: number[][]}[], inbound?: {intersection: string, spans: number[][]}[]}} Predicted
 * @typedef {{at: number, until?: number, text?: Name}} Change
 * @typedef {{corridor: string, from: number, until: number, now: number, rows?: DiagramRow[], bands?: {outbound?: Passage[], inbound?: Passage[]},
 *   predicted?: Predicted, arrivals?: Arrivals, changes?: Change[]}} Diagram
 *
 * @typedef {{intersection: string, cycle_s: number, offset_s: number, stages: {stage: number, green_s: number}[], order?: number[]}} Plan
 * @typedef {{id: string, made_at?: number, origin?: any, by?: string, cycle_s?: number, corridors?: any[], bands?: any[], plans: Plan[],
 *   predicted?: Record<string, any>, measured?: Record<string, any>}} PlanSet
 *
 * @typedef {{id: any, at: number, last?: number, count?: number, severity: string, kind: string, intersection?: string,
 *   corridor?: string, text: Name, state: string, by?: string, shelved_until?: number, group?: string}} Alarm
 * @typedef {{intersection: string, predicted?: number, green_from?: number, green_until?: number, passed?: number, state?: string}} Step
 * @typedef {{id: any, vehicle?: string, kind?: string, route: string[], speed_km_h?: number, starts?: number, state: string, by?: string,
 *   metres?: number, rows?: Step[], report?: Record<string, any>}} Escort
 */
export {};
