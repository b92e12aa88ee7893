/// What Python runs for a job: exactly one of the keys `bootfile` and `module`.
public enum Program: Hashable, Sendable {
    /// The key `bootfile`: a script, absolute or relative to the working directory.
    case script(String)
    /// The key `module`: a dotted name, found in the working directory or among the installed packages.
    case module(String)

    /// The words between the interpreter and the job's arguments.
    ///
    /// A script whose name begins with `-` would be an option of the interpreter, so it gets a leading `./`.
    ///
    /// Source: <https://docs.python.org/3/using/cmdline.html#interface-options>.
    public var arguments: [String] {
        switch self {
        case .script(let path): [path.utf8.first == UInt8(ascii: "-") ? "./\(path)" : path]
        case .module(let name): ["-m", name]
        }
    }

    /// Whether a job with this working directory runs code of the jobs repository.
    func isOfRepository(workdir: String?) -> Bool {
        if let workdir { return !workdir.hasPrefix("/") }
        guard case .script(let path) = self else { return true }
        return !path.hasPrefix("/")
    }

    /// The files of a module that is not an installed package: the working directory has one of them.
    ///
    /// Empty for a script.
    public var moduleFiles: [String] {
        guard case .module(let name) = self else { return [] }
        let path = name.replacing(".", with: "/")
        return ["\(path).py", "\(path)/__main__.py"]
    }
}

extension Job {
    /// The script, absolute or relative to the working directory; nil if the job runs a module.
    public var bootfile: String? {
        if case .script(let path) = program { path } else { nil }
    }

    /// The module's dotted name; nil if the job runs a script.
    public var module: String? {
        if case .module(let name) = program { name } else { nil }
    }

    /// Whether the job runs code of the jobs repository.
    public var usesRepositoryCode: Bool { program.isOfRepository(workdir: workdir) }
}

/// The code of the jobs repository that a job runs: its folder and its program.
public struct JobCode: Hashable, Sendable {
    /// The folder in its shortest form, relative to the repository's root. Empty for the root, whose `clusters/` is
    /// left out.
    public let folder: String
    /// The program that runs in the folder.
    public let program: Program

    /// Returns nil if the job runs code of the machine or of a volume.
    public init?(_ job: Job) {
        self.init(workdir: job.workdir, program: job.program)
    }

    package init?(workdir: String?, program: Program) {
        guard program.isOfRepository(workdir: workdir) else { return nil }
        folder = RelativePath.shortest(workdir ?? "")
        self.program = program
    }

    /// The folder's name in messages.
    public var folderName: String { folder.isEmpty ? "the repository's root" : folder }
}

/// Shortens relative paths.
public enum RelativePath {
    /// Removes `.`, empty names, and each `..` with the name before it. A `..` at the beginning stays.
    public static func shortest(_ path: String) -> String {
        var steps: [Substring] = []
        for step in path.split(separator: "/") where step != "." {
            if step == "..", let last = steps.last, last != ".." {
                steps.removeLast()
            } else {
                steps.append(step)
            }
        }
        return steps.joined(separator: "/")
    }
}
