import Git
import RESTView

extension BuildInformation {
    /// This very build.
    static let current = BuildInformation(
        version: "0.1.0",
        commit: builtCommit,
        swift: swiftVersion,
        libgit2: Repository.libraryVersion
    )

    private static var swiftVersion: String {
        #if swift(>=6.4)
            "6.4 or newer"
        #elseif swift(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }
}
