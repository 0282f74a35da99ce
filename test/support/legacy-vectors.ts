// Hashes that others made: published by the projects, or by OpenSSL, Python's hashlib and libxcrypt. Ours has no part in them.

const passphrase = 'correct horse battery staple'

export interface LegacyVector {
  readonly from: string
  readonly password: string
  readonly hash: string
}

export const legacyVectors: readonly LegacyVector[] = [
  {
    from: 'Laravel, its user factory',
    password: 'password',
    hash: '$2y$10$92IXUNpkjO0rOQ5byMi.Ye4oKoEa3Ro9llC/.og/at2.uheWG/igi',
  },
  {
    from: 'libxcrypt, PHP’s example',
    password: 'rasmuslerdorf',
    hash: '$2y$07$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq',
  },
  {
    from: 'libxcrypt, $2b$',
    password: passphrase,
    hash: '$2b$05$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS',
  },
  {
    from: 'libxcrypt, beyond ASCII',
    password: 'pässwörd ☃',
    hash: '$2y$05$abcdefghijklmnopqrstuuHAV94Mj58aB25TMAjGh195IxPdIcE2O',
  },
  {
    from: 'Django, bcrypt',
    password: passphrase,
    hash: 'bcrypt$$2b$05$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS',
  },
  {
    from: 'Django, bcrypt over SHA-256',
    password: passphrase,
    hash: 'bcrypt_sha256$$2b$06$abcdefghijklmnopqrstuu0fvItMVmHGNN1PrEQLjYqpCInt.8Hom',
  },
  {
    from: 'the reference implementation of argon2',
    password: 'password',
    hash: '$argon2i$v=19$m=65536,t=2,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b+dWRWJTmaaJObG',
  },
  {
    from: 'OpenSSL, argon2i',
    password: passphrase,
    hash: '$argon2i$v=19$m=4096,t=3,p=1$MDEyMzQ1Njc4OWFiY2RlZg$EY12I7uGyoBHzuQuFWt3F/Kvu99fJBY2qYsz2KZSrj8',
  },
  {
    from: 'OpenSSL, argon2id at the cost of argon2-cffi',
    password: passphrase,
    hash: '$argon2id$v=19$m=65536,t=3,p=4$MDEyMzQ1Njc4OWFiY2RlZg$77UfmnZYT23WpPeUKhovauWm5OxRQv9nTf1dJ+tF5EY',
  },
  {
    from: 'Django, argon2',
    password: passphrase,
    hash: 'argon2$argon2id$v=19$m=65536,t=3,p=4$MDEyMzQ1Njc4OWFiY2RlZg$77UfmnZYT23WpPeUKhovauWm5OxRQv9nTf1dJ+tF5EY',
  },
  {
    from: 'OpenSSL, PHC scrypt',
    password: passphrase,
    hash: '$scrypt$ln=14,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$tjK03tRvEjqCcPwmgtddMkgjlXrk8U/b9rIvfeBMKCc',
  },
  {
    from: 'passlib manual, scrypt',
    password: 'password',
    hash: '$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E',
  },
  {
    from: 'Django, scrypt',
    password: passphrase,
    hash: 'scrypt$16384$NaClSalt12$8$1$Am+bCdFCRDs3NlIvdHykbQ+lWVjpdttwRcZSWFlgjm/plTC6UFDJFFyPtLqwmiunFDYYwEpUdIjfkK796bMFpw==',
  },
  {
    from: 'Werkzeug, scrypt',
    password: passphrase,
    hash: 'scrypt:32768:8:1$saltsalt$ed169c991b0d1dbc33e3c434aa44f67710ddde45c160d6d5c1991089c61dc69af81b51c0eee57934f5936b6d6867eae20655ad02d0543f15539fd9b328e8f70b',
  },
  {
    from: 'Django, PBKDF2 with more iterations than the platform allows',
    password: passphrase,
    hash: 'pbkdf2_sha256$260000$NaClSalt12$5xYOJ8a2VjwzvIkyJfM2+AHCcJpcXjrQYgGxKqxZxwA=',
  },
  {
    from: 'Django, PBKDF2 with SHA-1',
    password: passphrase,
    hash: 'pbkdf2_sha1$20000$NaClSalt12$J3bYiROKQLnQ4cjs1RYVdlJjZ6k=',
  },
  {
    from: 'Werkzeug, PBKDF2',
    password: passphrase,
    hash: 'pbkdf2:sha256:150000$saltsalt$7e8d0f67ac89515cc3a6211c3217e93825f6bd827077e2a1584fe629319256f8',
  },
  {
    from: 'passlib’s spelling, PBKDF2 with SHA-512',
    password: passphrase,
    hash: '$pbkdf2-sha512$25000$MDEyMzQ1Njc4OWFiY2RlZg$1ghj0T0HZWch00LfnhjXx3er7ZDEEN1BF6pxsBlgz/d07d.Qxz5Kg1Oz9g8VdS6ebiSwisnASzPZrBoVE1c39Q',
  },
  {
    from: 'Firebase, the documents of its scrypt',
    password: 'user1password',
    hash: 'firebase-scrypt$14$8$42xEC+ixf3L2lw==$Bw==$jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==',
  },
]
