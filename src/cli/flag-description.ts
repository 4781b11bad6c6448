import { Help, Option } from 'commander';

/** What --help says of a flag. Nothing is gained by "(default: [])" and "(default: {})". */
export function describeFlag(option: Option): string {
  const { flags, description, defaultValue } = option;
  return new Help().optionDescription(typeof defaultValue === 'object' ? new Option(flags, description) : option);
}
