// Which names mean HDF5. Apart from the rest, so that asking loads nothing.

/** True for names that end as HDF5 files do. */
export function isHdf5Path(path: string): boolean {
  return /\.(h5|hdf5|he5)$/i.test(path);
}
