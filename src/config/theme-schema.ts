// How the hosted pages look. Colours and logos are checked again where they are written into a page.
import { z } from 'zod'

/** An address, or a path on the site. */
const logoUrl = z.union([z.url(), z.string().regex(/^\/(?!\/)/)])
const accentColor = z.string().regex(/^#[0-9a-fA-F]{6}$/, 'a colour such as "#2f5d50"')

export const themeSchema = z
  .strictObject({
    name: z.string().min(1).max(80).default('Portcullis'),
    /** `auto` is what the person's device asks for. */
    colorScheme: z.enum(['auto', 'light', 'dark']).default('auto'),
    logoUrl: logoUrl.nullable().default(null),
    accentColor: accentColor.default('#2f5d50'),
    /** For dark pages, where they differ. */
    dark: z
      .strictObject({ logoUrl: logoUrl.nullable().default(null), accentColor: accentColor.nullable().default(null) })
      .prefault({}),
  })
  .refine(
    ({ colorScheme, logoUrl: usual, dark }) => colorScheme === 'dark' || usual !== null || dark.logoUrl === null,
    {
      message: 'needed where theme.dark.logoUrl is given, for the pages that are not dark',
      path: ['logoUrl'],
    },
  )
  .prefault({})
