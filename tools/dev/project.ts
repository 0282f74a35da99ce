import { isAbsolute, join, relative, resolve } from 'node:path'

/** The folder that holds package.json, found from this file so that the tools work from any working directory. */
export const projectRoot = resolve(import.meta.dirname, '..', '..')

export const inProject = (...parts: string[]): string => join(projectRoot, ...parts)

/** Paths in messages are read by people: the short form where the project holds the file, the full one elsewhere. */
export const shownPath = (path: string): string => {
  const inside = relative(projectRoot, path)
  return inside === '' || inside.startsWith('..') || isAbsolute(inside) ? path : inside
}
