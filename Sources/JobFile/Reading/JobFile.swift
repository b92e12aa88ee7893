public import Jobs

/// The job file: JSON, in the canonical form or in one of those that are read as the same.
public enum JobFile {
    /// The largest file, in bytes: 1 MiB.
    public static let largest = 1 << 20

    /// Reads a job file, and reports all that is wrong with it at once.
    ///
    /// A file that is no JSON has one error, at the first byte that is wrong.
    ///
    /// - Parameters:
    ///   - bytes: the file's content.
    ///   - key: where the file is: what it says of its partition is held against it.
    ///   - rules: which rules hold. Default: those of this version.
    public static func read(_ bytes: [UInt8], at key: JobKey, under rules: Rules = .current) -> JobReading {
        guard bytes.count <= largest else { return .tooLarge(key.path, bytes: bytes.count) }
        do throws(SyntaxError) {
            return read(try Tokenizer.tape(of: bytes), at: key, under: rules)
        } catch {
            guard !isLFSPointer(bytes) else { return .lfsPointer(key.path) }
            return JobReading(job: nil, issues: [issue(of: error, in: bytes, path: key.path)])
        }
    }

    /// Which rules a definition is read with.
    public enum Rules: Sendable {
        /// Those of this version: for files of the repository.
        case current
        /// Those of any version: for a definition in force, which an older version may have accepted.
        case whenAccepted
    }

    /// Whether Git LFS left this in place of the file.
    ///
    /// Source: <https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md#the-pointer>.
    private static func isLFSPointer(_ bytes: [UInt8]) -> Bool {
        bytes.starts(with: "version https://git-lfs.github.com/spec/v1".utf8)
    }

    private static func read(_ tape: Tape, at key: JobKey, under rules: Rules) -> JobReading {
        var reader = Reader(tape, at: key, under: rules)
        let job = isObjectForm(tape) ? readObjectForm(&reader) : readFlatForm(&reader)
        return JobReading(
            job: job,
            issues: reader.findings.isEmpty ? [] : reader.findings.issues(in: tape, path: key.path),
            dependencies: dependencies(reader.dependencies, in: tape),
            code: reader.code
        )
    }

    private static func dependencies(_ tokens: [DependencyToken], in tape: Tape) -> [Dependency] {
        guard !tokens.isEmpty else { return [] }
        var positions = TextPositions(tape.bytes)
        // A pointer is found by a walk through all that stands before: once for a list, and not for each of its elements.
        var list = (token: -1, pointer: "")
        return tokens.map { element in
            if list.token != element.list {
                list = (element.list, tape.pointer(element.list))
            }
            let (line, column) = positions.position(at: tape.offset(element.token))
            return Dependency(
                id: tape.text(element.token),
                pointer: "\(list.pointer)/\(element.index)",
                line: line,
                column: column
            )
        }
    }

    private static func readFlatForm(_ reader: inout Reader) -> Job? {
        let shape = ObjectShape(table: JobDraft.table)
        return shape.read(Tape.root, &reader)?.job(of: Tape.root, &reader)
    }

    private static func readObjectForm(_ reader: inout Reader) -> Job? {
        let shape = ObjectShape(table: ObjectFormDraft.table)
        guard let form = shape.read(Tape.root, &reader), let spec = form.spec else { return nil }
        return spec.value?.job(of: spec.token, metadata: form.metadata?.value, &reader)
    }

    /// Whether the document has a key that only the form of the service has.
    private static func isObjectForm(_ tape: Tape) -> Bool {
        guard tape.kind(Tape.root) == .object else { return false }
        var isObjectForm = false
        tape.forEachKey(of: Tape.root) { key in
            isObjectForm = isObjectForm || tape.isValue(of: key, "spec") || tape.isValue(of: key, "metadata")
        }
        return isObjectForm
    }

    private static func issue(of error: SyntaxError, in bytes: [UInt8], path: String) -> Issue {
        var positions = TextPositions(bytes)
        let (line, column) = positions.position(at: error.offset)
        // Quotes that do not balance make keys of the parts of a value.
        let pointer = SecretPlaces.isWithinVariables(error.pointer) ? "" : error.pointer
        return Issue(
            path: path,
            line: line,
            column: column,
            pointer: pointer,
            severity: .error,
            message: error.message
        )
    }
}
