// Owns a branding that uses everything, with colours that have to be adjusted among them.
import type { Branding } from '#domain/branding/branding.ts'

/** A logo in SVG. */
export const SAMPLE_LOGO = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="16" fill="#d6336c"/></svg>',
)

/** A branding with colours, tokens, a font and texts. */
export const SAMPLE_BRANDING: Branding = {
  name: 'Crimson & Sons',
  colors: {
    light: { primary: '#d6336c', accent: '#ffb3c8', background: '#fdf2f6', surface: '#ffffff', text: '#3a0b1d' },
    dark: { primary: '#ff8fb1', accent: '#d6336c', background: '#14060c', surface: '#220d16', text: '#ffe9f0' },
  },
  font: 'humanist',
  tokens: {
    radius: '24px',
    corner: '20px',
    gap: '1.5rem',
    heading: '2rem',
    emblem: '40px',
    shadow: 'strong',
    band: 'hidden',
  },
  texts: {
    en: {
      headline: 'Welcome to Crimson & Sons',
      intro: 'One account for the shop, the workshop and the club.',
      privacy: 'https://crimson.example/privacy',
      terms: 'https://crimson.example/terms',
      support: 'mailto:help@crimson.example',
    },
    ar: { headline: 'مرحبًا بك في Crimson & Sons', intro: 'حساب واحد للمتجر والورشة والنادي.' },
  },
}
