/** Whose requests the response is for, before it is known what it varies by. */
export interface Place {
  readonly url: string;
  readonly owner: string;
  readonly own: string;
}
