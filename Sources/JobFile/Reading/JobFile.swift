import Formats
public import Jobs

/// Reads job files: JSON, in the canonical form or in an accepted variant.
public enum JobFile {
    /// The largest file, in bytes: 1 MiB.
    public static let largest = 1 << 20

    /// Reads a job file and reports all its faults at once.
    ///
    /// A file that is not JSON has one error, at the first wrong byte.
    ///
    /// - Parameters:
    ///   - bytes: the file's content.
    ///   - key: the key of the file's path. A partition in the file must equal the key's.
    ///   - rules: the rules to apply. Default: those of this version.
    public static func read(_ bytes: [UInt8], at key: JobKey, under rules: Rules = .current) -> JobReading {
        guard bytes.count <= largest else { return .tooLarge(key.path, bytes: bytes.count) }
        do throws(SyntaxError) {
            return readJob(try Tokenizer.tape(of: bytes), at: key, under: rules)
        } catch {
            guard !LFSPointer.isPointer(bytes) else { return .lfsPointer(key.path) }
            return JobReading(job: nil, issues: [issue(of: error, in: bytes, path: key.path)])
        }
    }

    /// The rules that a definition is checked by.
    public enum Rules: Sendable {
        /// The rules of this version, for files of the repository.
        case current
        /// The rules of any version, for an applied definition that an older version may have accepted.
        case whenAccepted
    }

    private static func readJob(_ tape: Tape, at key: JobKey, under rules: Rules) -> JobReading {
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
        // Finding a pointer walks through all tokens before it, so find the pointer of each list only once.
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
        return shape.readValue(Tape.root, &reader)?.job(of: Tape.root, &reader)
    }

    private static func readObjectForm(_ reader: inout Reader) -> Job? {
        let shape = ObjectShape(table: ObjectFormDraft.table)
        guard let form = shape.readValue(Tape.root, &reader), let spec = form.spec else { return nil }
        return spec.value?.job(of: spec.token, metadata: form.metadata?.value, &reader)
    }

    /// Whether the document has a key of the form that the service returns.
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
        // Unbalanced quotes can turn parts of a value into keys.
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

extension JobFile {
    /// The place of a value in a job file.
    public struct Place: Sendable, Hashable {
        /// The JSON Pointer (RFC 6901).
        public let pointer: String
        /// The line, from 1.
        public let line: Int
        /// The column in Unicode scalars, from 1.
        public let column: Int
    }

    /// Finds the value of a key of the job, in either form of the file and any spelling of the key.
    ///
    /// - Parameters:
    ///   - name: the key's canonical name.
    ///   - bytes: the file's content.
    /// - Returns: nil if the file does not have the key.
    public static func place(of name: String, in bytes: [UInt8]) -> Place? {
        guard let field = JobDraft.table.fields.first(where: { $0.name.text == name }),
            let tape = try? Tokenizer.tape(of: bytes), tape.kind(Tape.root) == .object
        else { return nil }
        let job = jobObject(of: tape)
        let spellings = [name] + field.misspellings.map(\.text)
        guard let token = value(of: spellings, in: job, tape) else { return nil }
        var positions = TextPositions(bytes)
        let (line, column) = positions.position(at: tape.offset(token))
        return Place(pointer: tape.pointer(token), line: line, column: column)
    }

    /// The token of the object with the keys of the job: the document, or its `spec`.
    static func jobObject(of tape: Tape) -> Int {
        tape.member("spec", of: Tape.root).flatMap { tape.kind($0) == .object ? $0 : nil } ?? Tape.root
    }

    private static func value(of names: [String], in object: Int, _ tape: Tape) -> Int? {
        var found: Int?
        tape.forEachKey(of: object) { key in
            if found == nil, names.contains(where: { tape.value(key).elementsEqual($0.utf8) }) {
                found = key + 1
            }
        }
        return found
    }
}

extension JobReading {
    /// The reading with further issues. With an error among them it has no job.
    public func adding(_ more: [Issue]) -> JobReading {
        guard !more.isEmpty else { return self }
        var reading = JobReading(
            job: more.contains { $0.severity == .error } ? nil : job,
            issues: (issues + more).sorted { ($0.line, $0.column) < ($1.line, $1.column) },
            dependencies: dependencies,
            code: code
        )
        reading.size = size
        return reading
    }
}

/// The result of reading a job file.
public struct JobReading: Sendable {
    /// The job; nil exactly if one of the issues is an error.
    public let job: Job?
    /// The issues in the order of the file: at most 100, and one more that counts the rest.
    public let issues: [Issue]
    /// The job's dependencies in the order of the file. Present even if the file has errors, so that all errors are
    /// reported at once.
    public let dependencies: [Dependency]
    /// The repository's code that the job runs, even if the file has errors; nil if it needs none.
    public let code: JobCode?
    /// The file's length in bytes; 0 if it was not read.
    public var size = 0

    init(job: Job?, issues: [Issue], dependencies: [Dependency] = [], code: JobCode? = nil) {
        self.job = job
        self.issues = issues
        self.dependencies = dependencies
        self.code = code
    }

    /// The reading of a file that is not regular, too large or missing.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - fault: a sentence with the fault and what to do.
    public static func unusable(_ path: String, _ fault: String) -> JobReading {
        JobReading(job: nil, issues: [Issue(path: path, severity: .error, message: fault)])
    }

    /// The path is a symbolic link or a submodule.
    public static func notRegular(_ path: String) -> JobReading {
        unusable(path, "a job file is a regular file, not a symbolic link or a submodule; write the job itself here")
    }

    /// The file is a Git LFS pointer.
    public static func lfsPointer(_ path: String) -> JobReading {
        unusable(
            path,
            "this is a Git LFS pointer, not the job: take clusters/ out of Git LFS in .gitattributes, and add the file again"
        )
    }

    /// The file is larger than ``JobFile/largest``.
    public static func tooLarge(_ path: String, bytes: Int) -> JobReading {
        unusable(
            path,
            "the file has \(bytes) bytes: a job file has at most \(JobFile.largest) (1 MiB); keep data beside clusters/"
        )
    }
}
