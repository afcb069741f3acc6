/**
 * What a rule says: plain data in offsets, before the service turns it into lines and severities.
 */

export type Severity = 'error' | 'warning' | 'information' | 'off';

/** Certain: one feasible path shows it. Likely: two threads must meet. Possible: depends on what is not visible. */
export type Confidence = 'certain' | 'likely' | 'possible';

/** A range of UTF-16 offsets in a file. */
export interface Place {
  file: string;
  start: number;
  end: number;
}

export interface Step extends Place {
  message: string;
}

/** One side of the story: the steps of one thread, or of one path. */
export interface Flow {
  title: string;
  steps: Step[];
}

export interface RuleFinding {
  rule: string;
  confidence: Confidence;
  /** Where it differs from the rule's; what the user has set for the rule stands above it. */
  severity?: Exclude<Severity, 'off'>;
  place: Place;
  /** What and why in at most two sentences, names in backticks. */
  message: string;
  /** Every place a reader needs in order to believe it, in reading order. */
  flows: Flow[];
  /** What the rule's fixes need to know; plain data. */
  data?: Readonly<Record<string, string | number | boolean>>;
}

export interface TextEdit extends Place {
  newText: string;
}

export interface Fix {
  /** An imperative sentence for the light bulb: "Insert `pthread_detach(tid)`". */
  title: string;
  preferred: boolean;
  edits: TextEdit[];
}
