// Owns which pages are made by hand: lists, settings and the pages of one thing.
import { type ComponentType, type LazyExoticComponent, lazy } from 'react'
import type { Operation } from '../lib/operations.ts'

type Screen = LazyExoticComponent<ComponentType>

/** What the page of one thing is given. */
export interface ItemProps {
  readonly id: string
}

const PAGES: Readonly<Record<string, Screen>> = {}

const ITEMS: Readonly<Record<string, LazyExoticComponent<ComponentType<ItemProps>>>> = {}

/** The page that somebody made by hand, by its part of the address. */
export const handMade = (slug: string): Screen | undefined => PAGES[slug]

/** The page of one thing that somebody made by hand. */
export const handMadeItem = (slug: string): LazyExoticComponent<ComponentType<ItemProps>> | undefined => ITEMS[slug]

/** The operations that a screen made by hand reaches by itself. */
export const CLAIMED: readonly Operation['name'][] = []

void lazy
