// What a projected map is drawn of: JSON in the page.

export interface MapPicture {
  /** Of its canvas. */
  readonly id: string;
  readonly width: number;
  readonly height: number;
  /** base64 of u8 [height][width], rows from the top down: 0 no element, else 1 to 255. */
  readonly values: string;
}
