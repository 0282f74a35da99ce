// A device with passkeys for a window of Chromium, by the protocol of its developer tools.
import type { CDPSession, Page } from 'playwright-core'

export interface Device {
  readonly id: string
  readonly protocol: CDPSession
  credentials(): Promise<
    readonly { readonly credentialId: string; readonly userHandle?: string; readonly signCount: number }[]
  >
  /** Whether its owner is there and touches it as soon as they are asked. */
  attend(isThere: boolean): Promise<void>
  /** Taken out, or out of reach. */
  remove(): Promise<void>
}

export interface DeviceOptions {
  readonly transport?: 'internal' | 'usb' | 'hybrid'
  readonly backsUp?: boolean
}

export async function addDevice(
  page: Page,
  { transport = 'internal', backsUp = false }: DeviceOptions = {},
): Promise<Device> {
  const protocol = await page.context().newCDPSession(page)
  await protocol.send('WebAuthn.enable', { enableUI: false })
  const { authenticatorId: id } = await protocol.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport,
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      defaultBackupEligibility: backsUp,
      defaultBackupState: backsUp,
    },
  })
  const options = { authenticatorId: id }
  return {
    id,
    protocol,
    credentials: async () => (await protocol.send('WebAuthn.getCredentials', options)).credentials,
    attend: async (enabled) => {
      await protocol.send('WebAuthn.setAutomaticPresenceSimulation', { ...options, enabled })
    },
    remove: async () => {
      await protocol.send('WebAuthn.removeVirtualAuthenticator', options)
    },
  }
}
