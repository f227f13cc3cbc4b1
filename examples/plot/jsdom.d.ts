/** The one thing of jsdom that plots need: a document to draw in. The package brings no types of its own. */
declare module 'jsdom' {
  /** A window without a screen. */
  export class JSDOM {
    constructor(html?: string);
    /** Its window. */
    readonly window: { readonly document: Document };
  }
}
