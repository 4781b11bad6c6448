import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** What the page brings along: every byte of it is in the page itself. */
export interface Assets {
  readonly style: string;
  readonly scripts: readonly string[];
}

const UPLOT_NOTICE = `/*! uPlot 1.6, Copyright (c) 2022 Leon Sorokin. The MIT License: Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions: The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software. THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE. */`;

let known: Assets | undefined;

/** The page's own style and script, and uPlot's; read once. */
export function assets(): Assets {
  if (known) return known;
  const require = createRequire(import.meta.url);
  const library = (path: string): string =>
    readFileSync(path, 'utf8')
      .replace(/^\/\*![\s\S]*?\*\//, '')
      .trim();
  const own = (name: string): string => readFileSync(new URL(`./browser/${name}`, import.meta.url), 'utf8');
  const script = library(require.resolve('uplot/dist/uPlot.iife.min.js'));
  known = {
    style: `${library(require.resolve('uplot/dist/uPlot.min.css'))}\n${own('page.css').replace(/\s+/g, ' ')}`,
    scripts: [`${UPLOT_NOTICE}\n${script}`, own('charts.js').replace(/^ +/gm, '')].map((text) =>
      text.replace(/<\/script/gi, '<\\/script').replace(/<!--/g, '<\\!--'),
    ),
  };
  return known;
}
