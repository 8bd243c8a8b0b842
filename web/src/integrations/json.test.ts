import { describe, expect, it } from 'vitest';
import { parsed, tokens } from './json';

describe('json', () => {
  it('is told apart without losing anything', () => {
    const text = JSON.stringify({ a: 'x: "y"', b: [-1.5e3, true, null, { c: [] }], 'd-1': '-' }, null, 2);
    const parts = tokens(text);
    expect(parts.map((part) => part.text).join('')).toBe(text);
    const of = (kind: string) => parts.filter((part) => part.kind === kind).map((part) => part.text);
    expect(of('key')).toEqual(['"a"', '"b"', '"c"', '"d-1"']);
    expect(of('number')).toEqual(['-1500']);
    expect(of('word')).toEqual(['true', 'null']);
  });

  it('says at which line it is none', () => {
    expect(parsed(' ')).toEqual({ value: undefined });
    expect(parsed('{"a": 1}')).toEqual({ value: { a: 1 } });
    expect(parsed('{\n  "a": x\n}')).toEqual({ line: 2 });
    expect(parsed('{\n  "a": 1\n  "b": 2\n}')).toEqual({ line: 3 });
    expect(parsed('{\n  "a": [1,\n  2,\n]}')).toEqual({ line: 4 });
    expect(parsed('[1, "a\nb"]')).toEqual({ line: 1 });
    expect(parsed('{} x')).toEqual({ line: 1 });
  });
});
