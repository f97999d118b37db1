// What is cited, as text and for bibliography programs.

export interface Reference {
  readonly key: string;
  readonly text: string;
  readonly bibtex: string;
}

const article = (
  key: string,
  fields: { author: string; title: string; journal: string; year: number; volume: string; pages: string; doi?: string },
): Reference => {
  const { author, title, journal, year, volume, pages, doi } = fields;
  const names = author.split(" and ").map((name) => name.split(", ")[0]!);
  const who = names.length > 2 ? `${names[0]} et al.` : `${names.join(" & ")}.`;
  return {
    key,
    text: `${who} ${title}. ${journal} ${year}, ${volume}:${pages}.${doi === undefined ? "" : ` doi:${doi}`}`,
    bibtex: `@article{${key},\n  author = {${author}},\n  title = {{${title}}},\n  journal = {${journal}},\n  year = {${year}},\n  volume = {${volume}},\n  pages = {${pages.replace("-", "--")}}${doi === undefined ? "" : `,\n  doi = {${doi}}`}\n}`,
  };
};

export const REFERENCES = {
  cfe: article("raffelt2015", {
    author:
      "Raffelt, D. A. and Smith, R. E. and Ridgway, G. R. and Tournier, J-D. and Vaughan, D. N. and Rose, S. and Henderson, R. and Connelly, A.",
    title:
      "Connectivity-based fixel enhancement: Whole-brain statistical analysis of diffusion MRI measures in the presence of crossing fibres",
    ...{ journal: "NeuroImage", year: 2015, volume: "117", pages: "40-55", doi: "10.1016/j.neuroimage.2015.05.039" },
  }),
  tfce: article("smith2009", {
    author: "Smith, S. M. and Nichols, T. E.",
    title:
      "Threshold-free cluster enhancement: Addressing problems of smoothing, threshold dependence and localisation in cluster inference",
    ...{ journal: "NeuroImage", year: 2009, volume: "44", pages: "83-98", doi: "10.1016/j.neuroimage.2008.03.061" },
  }),
  nbs: article("zalesky2010", {
    author: "Zalesky, A. and Fornito, A. and Bullmore, E. T.",
    title: "Network-based statistic: Identifying differences in brain networks",
    ...{ journal: "NeuroImage", year: 2010, volume: "53", pages: "1197-1207", doi: "10.1016/j.neuroimage.2010.06.041" },
  }),
  tfnbs: article("baggio2018", {
    author:
      "Baggio, H. C. and Abos, A. and Segura, B. and Campabadal, A. and Garcia-Diaz, A. and Uribe, C. and Compta, Y. and Marti, M. J. and Valldeoriola, F. and Junque, C.",
    title: "Statistical inference in brain graphs using threshold-free network-based statistics",
    ...{ journal: "Human Brain Mapping", year: 2018, volume: "39", pages: "2289-2302", doi: "10.1002/hbm.24007" },
  }),
  freedmanLane: article("freedman1983", {
    author: "Freedman, D. and Lane, D.",
    title: "A nonstochastic interpretation of reported significance levels",
    ...{
      journal: "Journal of Business & Economic Statistics",
      year: 1983,
      volume: "1",
      pages: "292-298",
      doi: "10.1080/07350015.1983.10509354",
    },
  }),
  permutation: article("winkler2014", {
    author: "Winkler, A. M. and Ridgway, G. R. and Webster, M. A. and Smith, S. M. and Nichols, T. E.",
    title: "Permutation inference for the general linear model",
    ...{ journal: "NeuroImage", year: 2014, volume: "92", pages: "381-397", doi: "10.1016/j.neuroimage.2014.01.060" },
  }),
  mrtrix: article("tournier2019", {
    author:
      "Tournier, J-D. and Smith, R. and Raffelt, D. and Tabbara, R. and Dhollander, T. and Pietsch, M. and Christiaens, D. and Jeurissen, B. and Yeh, C-H. and Connelly, A.",
    title: "MRtrix3: A fast, flexible and open software framework for medical image processing and visualisation",
    ...{ journal: "NeuroImage", year: 2019, volume: "202", pages: "116137", doi: "10.1016/j.neuroimage.2019.116137" },
  }),
  nonStationarity: article("salimi2011", {
    author: "Salimi-Khorshidi, G. and Smith, S. M. and Nichols, T. E.",
    title: "Adjusting the effect of nonstationarity in cluster-based and TFCE inference",
    ...{ journal: "NeuroImage", year: 2011, volume: "54", pages: "2006-2019", doi: "10.1016/j.neuroimage.2010.09.088" },
  }),
  blocks: article("winkler2015", {
    author: "Winkler, A. M. and Webster, M. A. and Vidaurre, D. and Nichols, T. E. and Smith, S. M.",
    title: "Multi-level block permutation",
    ...{ journal: "NeuroImage", year: 2015, volume: "123", pages: "253-268", doi: "10.1016/j.neuroimage.2015.05.092" },
  }),
  fasterPermutation: article("winkler2016", {
    author: "Winkler, A. M. and Ridgway, G. R. and Douaud, G. and Nichols, T. E. and Smith, S. M.",
    title: "Faster permutation inference in brain imaging",
    ...{ journal: "NeuroImage", year: 2016, volume: "141", pages: "502-516", doi: "10.1016/j.neuroimage.2016.05.068" },
  }),
  bh: article("benjamini1995", {
    author: "Benjamini, Y. and Hochberg, Y.",
    title: "Controlling the false discovery rate: A practical and powerful approach to multiple testing",
    ...{
      journal: "Journal of the Royal Statistical Society Series B",
      year: 1995,
      volume: "57",
      pages: "289-300",
      doi: "10.1111/j.2517-6161.1995.tb02031.x",
    },
  }),
  by: article("benjamini2001", {
    author: "Benjamini, Y. and Yekutieli, D.",
    title: "The control of the false discovery rate in multiple testing under dependency",
    ...{ journal: "Annals of Statistics", year: 2001, volume: "29", pages: "1165-1188", doi: "10.1214/aos/1013699998" },
  }),
  holm: article("holm1979", {
    author: "Holm, S.",
    title: "A simple sequentially rejective multiple test procedure",
    ...{ journal: "Scandinavian Journal of Statistics", year: 1979, volume: "6", pages: "65-70" },
  }),
  modelArray: article("zhao2023", {
    author:
      "Zhao, C. and Tapera, T. M. and Bagautdinova, J. and Bourque, J. and Covitz, S. and Gur, R. E. and Gur, R. C. and Larsen, B. and Mehta, K. and Meisler, S. L. and Murtha, K. and Muschelli, J. and Roalf, D. R. and Sydnor, V. J. and Valcarcel, A. M. and Shinohara, R. T. and Cieslak, M. and Satterthwaite, T. D.",
    title: "ModelArray: An R package for statistical analysis of fixel-wise data",
    ...{ journal: "NeuroImage", year: 2023, volume: "271", pages: "120037", doi: "10.1016/j.neuroimage.2023.120037" },
  }),
  thinPlate: article("wood2003", {
    author: "Wood, S. N.",
    title: "Thin plate regression splines",
    ...{
      journal: "Journal of the Royal Statistical Society Series B",
      year: 2003,
      volume: "65",
      pages: "95-114",
      doi: "10.1111/1467-9868.00374",
    },
  }),
  smoothTest: article("wood2013", {
    author: "Wood, S. N.",
    title: "On p-values for smooth components of an extended generalized additive model",
    ...{ journal: "Biometrika", year: 2013, volume: "100", pages: "221-228", doi: "10.1093/biomet/ass048" },
  }),
} as const;
