/// What a job's Python runs: exactly one of the keys `bootfile` and `module`.
public enum Program: Hashable, Sendable {
    /// The key `bootfile`: a script, absolute or relative to the working directory.
    case script(String)
    /// The key `module`: a dotted name, found in the working directory or among the installed packages.
    case module(String)

    /// What stands between the interpreter and the job's arguments.
    ///
    /// A script whose name begins with `-` would be an option of the interpreter; `./` in front of it makes it a file.
    ///
    /// Source: <https://docs.python.org/3/using/cmdline.html#interface-options>.
    public var arguments: [String] {
        switch self {
        case .script(let path): [path.utf8.first == UInt8(ascii: "-") ? "./\(path)" : path]
        case .module(let name): ["-m", name]
        }
    }

    /// Whether a job with a working directory runs it out of the jobs repository.
    func isOfRepository(workdir: String?) -> Bool {
        if let workdir { return !workdir.hasPrefix("/") }
        guard case .script(let path) = self else { return true }
        return !path.hasPrefix("/")
    }

    /// The files of which a module's working directory has one, if the module is not an installed package.
    ///
    /// Empty for a script.
    public var moduleFiles: [String] {
        guard case .module(let name) = self else { return [] }
        let path = name.replacing(".", with: "/")
        return ["\(path).py", "\(path)/__main__.py"]
    }
}

extension Job {
    /// The script, absolute or relative to the working directory; nil where a module runs.
    public var bootfile: String? {
        if case .script(let path) = program { path } else { nil }
    }

    /// The module's dotted name; nil where a script runs.
    public var module: String? {
        if case .module(let name) = program { name } else { nil }
    }

    /// Whether the code that runs comes out of the jobs repository.
    public var usesRepositoryCode: Bool { program.isOfRepository(workdir: workdir) }
}
