export const experimentReference = (_: unknown, __: unknown) => '';
