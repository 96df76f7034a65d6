// The tables of docs/bridge.md, and how an editor refuses.

export interface Marker { frame: number; name?: string; comment?: string }
export interface Problem { kind: string; refuses: boolean; message: string }
export interface Transition { at: number; in_offset: number; out_offset: number; name?: string }

export interface Media {
  path: string;
  name?: string;
  rate: string;
  start?: number | null;
  frames?: number | null;
  drop_frame?: boolean;
  reel?: string;
  colour_space?: string;
}

export interface Clip {
  uid: string;
  name: string;
  record_in: number;
  duration: number;
  source_in?: number;
  source_rate?: string;
  speed?: string;
  curve?: string;
  enabled?: boolean;
  media: Media | null;
  nested?: boolean;
  ours?: Record<string, unknown>;
  markers?: Marker[];
  problems?: Problem[];
}

export interface Track {
  number: number;
  name?: string;
  enabled?: boolean;
  locked?: boolean;
  clips: Clip[];
  transitions?: Transition[];
}

export interface Timeline {
  name: string;
  rate: string;
  drop_frame: boolean;
  start_frame: number;
  inserts_tracks: boolean;
  tracks: Track[];
  markers: Marker[];
}

export interface AddTrack { do: "add_track"; number: number; name?: string }
export interface RemoveTrack { do: "remove_track"; number: number }
export interface Lay { do: "lay"; track: number; clip: Clip }
export interface Swap { do: "swap"; track: number; uid: string; clip: Clip; was: Clip }
export interface Lift { do: "lift"; track: number; uid: string; clip: Clip }
export type Step = AddTrack | RemoveTrack | Lay | Swap | Lift;

export interface About {
  host: string;
  version: string;
  project: string;
  project_name: string;
  capabilities: { retimes: boolean; undo: boolean; notices_open: boolean };
}

/** An editor with a project open, as the daemon's steps need it. */
export interface EditHost {
  about(): Promise<About>;
  timeline(): Promise<Timeline>;
  selected(): Promise<string[]>;
  mark(uid: string, identity: string): Promise<void>;
  carryOut(step: Step): Promise<Step>;
  seek(frame: number): Promise<void>;
  /** The record frame that is shown. */
  playhead(): Promise<number>;
}

/** The editor did not do a step, and the timeline is as it was; the message says why and what to do. */
export class HostRefused extends Error {
  readonly kind: string;

  constructor(kind: string, message: string) {
    super(message);
    this.name = "HostRefused";
    this.kind = kind;
  }
}
