// Owns which texts are shown. A language that lacks one shows the English one.
import { en, type Texts } from './en.ts'

/** The texts of the console. */
export const texts: Texts = en
