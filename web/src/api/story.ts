/** What became of something, in sentences: `/v1/explain/{id}`. */
export interface Story {
  kind: string;
  id: string;
  labId: string | null;
  summary: string;
  timeZone: string;
  lines: { at: string; seq: number | null; text: string }[];
  omitted: number;
}
