/** Models on a hub, as page and engine speak of them: what is offered before a download, and what is stored after it. */
import type { ErrorDetail } from '../spec/errors.ts';

/** One model of a repository at one commit: what a specification holds of it. */
export interface HubModel {
  /** `owner/name`. */
  readonly repository: string;
  /** 40 hex digits. */
  readonly revision: string;
  /** `onnx/model_q4.onnx`. */
  readonly model: string;
}

export interface HubVariant {
  readonly model: string;
  /** To download, with all that belongs to it. */
  readonly bytes: number;
  /** Of these, already here. */
  readonly stored: number;
  /** Estimate of what the tab needs while it opens the model. */
  readonly memory: number;
  /** What speaks against it here; it can be tried all the same where `fits` is true. */
  readonly concerns: readonly ErrorDetail[];
  readonly fits: boolean;
}

export interface HubOffer {
  readonly repository: string;
  readonly revision: string;
  /** Null where the repository says none. */
  readonly licence: string | null;
  /** Smallest first; that which was asked for by name, first of all. */
  readonly variants: readonly HubVariant[];
}

export interface StoredModel extends HubModel {
  readonly key: string;
  /** Here, and in all. */
  readonly bytes: number;
  readonly total: number;
}
