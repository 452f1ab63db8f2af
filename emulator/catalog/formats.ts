import { createHash } from "node:crypto";
import type { Identity } from "../state/identity";

/** A data format in the form that ICA's calls return. */
export interface DataFormat {
  readonly id: string;
  readonly timeCreated: string;
  readonly timeModified: string;
  readonly ownerId: string;
  readonly tenantId: string;
  readonly tenantName: string;
  readonly code: string;
  readonly description: string;
  readonly mimeType: string;
}

/**
 * Code, description, and the suffixes that select the format when a caller names none. DOCKER is the code on the
 * vendor's page about bench images; the order and the other codes are the emulator's own. They fill more than one page,
 * and DOCKER is not on the first, so a client has to page.
 */
const formats: readonly (readonly [code: string, description: string, ...suffixes: string[]])[] = [
  ["UNKNOWN", "Any other file"],
  ["FASTQ", "Reads with qualities", ".fastq", ".fq", ".fastq.gz", ".fq.gz"],
  ["FASTA", "Sequences", ".fasta", ".fa", ".fa.gz"],
  ["FAI", "Index of sequences", ".fai"],
  ["SAM", "Alignments as text", ".sam"],
  ["BAM", "Alignments", ".bam"],
  ["BAI", "Index of alignments", ".bai"],
  ["CRAM", "Alignments against a reference", ".cram"],
  ["CRAI", "Index of alignments against a reference", ".crai"],
  ["VCF", "Variants", ".vcf", ".vcf.gz"],
  ["GVCF", "Variants and reference blocks", ".gvcf", ".gvcf.gz"],
  ["BCF", "Variants, binary", ".bcf"],
  ["TBI", "Index of a block-compressed table", ".tbi"],
  ["CSI", "Index of a block-compressed table, large", ".csi"],
  ["BED", "Intervals", ".bed"],
  ["BIGWIG", "Signal", ".bw", ".bigwig"],
  ["BEDGRAPH", "Signal as text", ".bedgraph"],
  ["WIG", "Signal, step by step", ".wig"],
  ["GFF", "Features", ".gff", ".gff3"],
  ["GTF", "Gene features", ".gtf"],
  ["MAF", "Mutation annotations", ".maf"],
  ["BCL", "Base calls", ".bcl"],
  ["CBCL", "Base calls, compressed", ".cbcl"],
  ["IDAT", "Intensities", ".idat"],
  ["GTC", "Genotype calls", ".gtc"],
  ["BPM", "Bead pool manifest", ".bpm"],
  ["EGT", "Cluster file", ".egt"],
  ["PED", "Pedigrees", ".ped"],
  ["H5", "Hierarchical data", ".h5", ".hdf5"],
  ["LOOM", "Single-cell matrix", ".loom"],
  ["MTX", "Sparse matrix", ".mtx"],
  ["CSV", "Table, comma separated", ".csv"],
  ["TSV", "Table, tab separated", ".tsv"],
  ["XLSX", "Spreadsheet", ".xlsx"],
  ["PARQUET", "Columns", ".parquet"],
  ["JSON", "JSON", ".json", ".json.gz"],
  ["XML", "XML", ".xml"],
  ["YAML", "YAML", ".yaml", ".yml"],
  ["TEXT", "Text", ".txt"],
  ["LOG", "Log", ".log"],
  ["MARKDOWN", "Markdown", ".md"],
  ["HTML", "Web page", ".html", ".htm"],
  ["PDF", "Portable document", ".pdf"],
  ["PNG", "Picture", ".png"],
  ["JPEG", "Photograph", ".jpg", ".jpeg"],
  ["SVG", "Drawing", ".svg"],
  ["TIFF", "Image", ".tif", ".tiff"],
  ["MD5", "Check sums", ".md5"],
  ["SHA256", "Check sums", ".sha256"],
  ["SHELL", "Shell script", ".sh"],
  ["PYTHON", "Python script", ".py"],
  ["R", "R script", ".r"],
  ["NOTEBOOK", "Notebook", ".ipynb"],
  ["CWL", "Workflow", ".cwl"],
  ["NEXTFLOW", "Workflow", ".nf"],
  ["GZIP", "Compressed file", ".gz"],
  ["BZIP2", "Compressed file", ".bz2"],
  ["ZIP", "Archive", ".zip"],
  ["TAR", "Archive", ".tar", ".tar.gz", ".tgz", ".tar.bz2"],
  ["DOCKER", "Docker image archive, as docker save makes it"],
];

/** The formats of an emulator: the same codes everywhere, with ids of its own. */
export class Formats {
  readonly all: readonly DataFormat[];
  readonly #byCode: ReadonlyMap<string, DataFormat>;

  constructor({ instance, timeCreated, tenant, user }: Identity) {
    this.all = formats.map(([code, description]) => ({
      id: uuidOf(`${instance} format ${code}`),
      timeCreated,
      timeModified: timeCreated,
      ownerId: user.id,
      tenantId: tenant.id,
      tenantName: tenant.name,
      code,
      description,
      mimeType: "application/octet-stream",
    }));
    this.#byCode = new Map(this.all.map((format) => [format.code, format]));
  }

  byCode(code: string): DataFormat | undefined {
    return this.#byCode.get(code);
  }

  byId(id: string): DataFormat | undefined {
    return this.all.find((format) => format.id === id);
  }

  /**
   * The code for a file whose creator named none. ICA calls this auto format assignment and does not document its
   * rules.
   */
  codeFor(name: string): string {
    const lower = name.toLowerCase();
    const fits = formats.flatMap(([code, , ...suffixes]) =>
      suffixes.filter((suffix) => lower.endsWith(suffix)).map((suffix) => ({ code, length: suffix.length })),
    );
    return fits.sort((a, b) => b.length - a.length)[0]?.code ?? "UNKNOWN";
  }
}

/** A UUID that depends only on the text. */
function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    "-",
  );
}
