// Commands that make a file of what cannot be used as it is: each is run by the tests on the file that caused the message.
import { shellWord } from "../../shell-word.js";

/** cohort.h5: cohort-plain.h5 */
export const plainNameFor = (input: string): string => input.replace(/(\.[^./]+)?$/, "-plain.h5");

const files = (input: string): string => `${shellWord(input)} ${shellWord(plainNameFor(input))}`;

/** Into one file, contiguous and without filters. h5repack leaves out, without a word, datasets whose filter it lacks. */
export const repackCommand = (input: string): string => `h5repack -f NONE -l CONTI ${files(input)}`;

/** The same of a file with links into other files. */
export const mergeCommand = (input: string): string => `h5repack --merge -f NONE -l CONTI ${files(input)}`;

/** The same by h5py, which has lzf, and what `library` brings along; `type`: of the numbers that are floats. */
export function h5pyCommand(input: string, { library, type }: { library?: string; type?: string } = {}): string {
  const dtype = type === undefined ? "o.dtype" : `'${type}' if o.dtype.kind in 'fiub' else o.dtype`;
  const program = [
    `import h5py,sys${library === undefined ? "" : `,${library}`}`,
    "a=h5py.File(sys.argv[1])",
    "b=h5py.File(sys.argv[2],'w')",
    "b.attrs.update(a.attrs)",
    `a.visititems(lambda n,o: b.require_group(n).attrs.update(o.attrs) if isinstance(o,h5py.Group) else [e.attrs.update(o.attrs) or [e.__setitem__(s,o[s]) for s in (o.iter_chunks() if o.chunks else [()])] for e in [b.create_dataset(n,o.shape,${dtype})]] and None)`,
  ];
  return `python3 -c "${program.join("; ")}" ${files(input)}`;
}

/** Tables of vectorstats, one value an element, into a file of the same elements as ModelArray keeps results: `element_id` first. */
export function addTablesCommand(prefix: string, output: string, analysis: string): string {
  const program = [
    "import glob,h5py,numpy as n,sys",
    "p,o,a=sys.argv[1:]",
    "t={f[len(p):-4]:n.loadtxt(f,delimiter=',',ndmin=2) for f in sorted(glob.glob(glob.escape(p)+'*.csv'))}",
    "m=[len(v) for k,v in t.items() if k.startswith('Zstat')][0]",
    "t={k:v.ravel() for k,v in t.items() if v.size==m and not k.startswith('null')}",
    "g=h5py.File(o,'a').create_group('results/'+a)",
    "g['results_matrix']=n.vstack([n.arange(m),*t.values()])",
    "g['column_names']=['element_id',*t]",
    "g['results_matrix'].attrs['colnames']=['element_id',*t]",
  ];
  return `python3 -c "${program.join("; ")}" ${shellWord(prefix)} ${shellWord(output)} ${shellWord(analysis)}`;
}
