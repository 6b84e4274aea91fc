/** Where the service listens unless it is told otherwise; the rest of its settings are those of every service (`parseSettings`). */
export const DEFAULT_PORT = 8083;
