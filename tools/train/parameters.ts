// Everything the simulated people and attackers are made of, published with the figures that come of it.

export const people = {
  /** Of the simulated time, in days. */
  days: 90,
  loginsPerWeek: [1, 10],
  /** Who deletes cookies, or browses in private: no device of theirs is marked. */
  alwaysUnmarked: 0.06,
  unmarkedOtherwise: 0.03,
  devices: [1, 3],
  /** A new kind of device, at one sign-in of so many. */
  newDeviceEvery: 120,
  /** Networks of a home and a place of work, and those a mobile carrier gives in turn. */
  carrierNetworks: 10,
  onMobile: 0.3,
  hasWorkplace: 0.6,
  /** A journey of some days: networks and places of its own. */
  travelEvery: 60,
  travelDays: [1, 10],
  travelAbroad: 0.5,
  /** Who signs in through an anonymiser at times, and how often those do. */
  anonymiserUsers: 0.05,
  anonymiserShare: 0.4,
  /** The share of sign-ins at any hour rather than at the usual ones. */
  oddHour: 0.06,
  mistypes: 0.18,
  /** Addresses shared with many: their neighbours mistype too. */
  sharedAddress: 0.15,
  /** Honest addresses on lists: former owners, neighbours of a network. */
  onThreatList: 0.004,
  onHostingList: 0.02,
  platformBotScore: 0.3,
} as const

/** The share of all attacks that each kind makes up. */
export const attackKinds = {
  'stuffing from a few servers': 0.22,
  'stuffing through homes of others': 0.3,
  'guessing one account from many networks': 0.16,
  'a phished password, from another country': 0.14,
  'a phished password, from the same country': 0.1,
  'through Tor or a VPN': 0.08,
} as const

export type AttackKind = keyof typeof attackKinds

export const attackers = {
  /** One attempt of so many is an attack; the score is a probability in such a world. */
  share: 0.1,
  /** How often an attacker sends the very kind of browser that the owner has. */
  matchingDevice: 0.3,
  /** Of homes of others: in the owner's country. */
  sameCountry: 0.3,
  platformBotScore: 0.3,
} as const

/** Name, country, latitude, longitude, hours ahead of UTC. */
export const cities = [
  ['Berlin', 'DE', 52.5, 13.4, 1],
  ['Hamburg', 'DE', 53.6, 10, 1],
  ['Munich', 'DE', 48.1, 11.6, 1],
  ['London', 'GB', 51.5, -0.1, 0],
  ['Manchester', 'GB', 53.5, -2.2, 0],
  ['Paris', 'FR', 48.9, 2.4, 1],
  ['Lyon', 'FR', 45.8, 4.8, 1],
  ['Madrid', 'ES', 40.4, -3.7, 1],
  ['Warsaw', 'PL', 52.2, 21, 1],
  ['Rome', 'IT', 41.9, 12.5, 1],
  ['Stockholm', 'SE', 59.3, 18.1, 1],
  ['New York', 'US', 40.7, -74, -5],
  ['Chicago', 'US', 41.9, -87.6, -6],
  ['Dallas', 'US', 32.8, -96.8, -6],
  ['San Francisco', 'US', 37.8, -122.4, -8],
  ['Toronto', 'CA', 43.7, -79.4, -5],
  ['São Paulo', 'BR', -23.6, -46.6, -3],
  ['Buenos Aires', 'AR', -34.6, -58.4, -3],
  ['Lagos', 'NG', 6.5, 3.4, 1],
  ['Cairo', 'EG', 30, 31.2, 2],
  ['Johannesburg', 'ZA', -26.2, 28, 2],
  ['Moscow', 'RU', 55.8, 37.6, 3],
  ['Istanbul', 'TR', 41, 29, 3],
  ['Delhi', 'IN', 28.7, 77.1, 5],
  ['Bangalore', 'IN', 13, 77.6, 5],
  ['Jakarta', 'ID', -6.2, 106.8, 7],
  ['Hanoi', 'VN', 21, 105.8, 7],
  ['Shanghai', 'CN', 31.2, 121.5, 8],
  ['Tokyo', 'JP', 35.7, 139.7, 9],
  ['Sydney', 'AU', -33.9, 151.2, 10],
] as const
