import Foundation

/// The environment of the `git` program: nothing in it but what is named here.
package enum GitEnvironment {
    /// What is taken over from the service's own environment, where it is there.
    private static let inherited = ["PATH", "LANG", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR"]
    /// libcurl's own: <https://curl.se/libcurl/c/libcurl-env.html>.
    private static let proxies = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"]

    /// Makes the variables for a call on a repository.
    ///
    /// - Parameters:
    ///   - home: where `~` is: a folder without files of a user's, `.netrc` above all.
    ///   - repository: the bare repository.
    ///   - configuration: all there is beside the repository's own file.
    package static func variables(home: String, repository: String, _ configuration: GitConfiguration) -> [String:
        String]
    {
        var variables = own(inherited + proxies + proxies.map { $0.uppercased() })
        // The messages are read, so they have to be in one language.
        variables.merge(["LC_ALL": "C", "LANGUAGE": "C", "HOME": home, "GIT_DIR": repository]) { $1 }
        variables.merge([
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_SYSTEM": "/dev/null", "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_ATTR_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
        ]) { $1 }
        return variables.merging(configuration.variables) { $1 }
    }

    /// Those of some variables that the service itself has.
    package static func own(_ names: [String]) -> [String: String] {
        ProcessInfo.processInfo.environment.filter { names.contains($0.key) }
    }
}
