// Owns which pages are made by hand: lists, settings and the pages of one thing.
import { type ComponentType, type LazyExoticComponent, lazy } from 'react'
import type { ItemProps } from './item-props.ts'

type Screen = LazyExoticComponent<ComponentType>

const PAGES: Readonly<Record<string, Screen>> = {
  start: lazy(() => import('./start.tsx').then((module) => ({ default: module.StartScreen }))),
  why: lazy(() => import('./why.tsx').then((module) => ({ default: module.WhyScreen }))),
  keys: lazy(() => import('./keys.tsx').then((module) => ({ default: module.KeysScreen }))),
}

const ITEMS: Readonly<Record<string, LazyExoticComponent<ComponentType<ItemProps>>>> = {
  users: lazy(() => import('./user.tsx').then((module) => ({ default: module.UserScreen }))),
  clients: lazy(() => import('./client.tsx').then((module) => ({ default: module.ClientScreen }))),
}

/** The page that somebody made by hand, by its part of the address. */
export const handMade = (slug: string): Screen | undefined => PAGES[slug]

/** The page of one thing that somebody made by hand. */
export const handMadeItem = (slug: string): LazyExoticComponent<ComponentType<ItemProps>> | undefined => ITEMS[slug]
