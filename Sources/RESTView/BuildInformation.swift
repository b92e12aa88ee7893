/// What `GET /api/version` says of the program that answers.
public struct BuildInformation: Sendable, Encodable {
    /// The release, `0.1.0` say.
    public let version: String
    /// The commit that was built, 40 hexadecimal digits, or `unknown`.
    public let commit: String
    /// The version of the Swift compiler.
    public let swift: String
    /// The version of the library that is linked.
    public let libgit2: String
    let apiVersions = APIVersion.allCases.map(\.rawValue)

    /// Takes what the build knows of itself; the versions of the API are this module's own.
    public init(version: String, commit: String, swift: String, libgit2: String) {
        self.version = version
        self.commit = commit
        self.swift = swift
        self.libgit2 = libgit2
    }
}
