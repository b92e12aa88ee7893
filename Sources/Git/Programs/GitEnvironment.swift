import Foundation

/// Builds the environment of the `git` program. It contains only the variables that are listed here.
package enum GitEnvironment {
    /// The variables that are copied from the service's environment.
    private static let inherited = ["PATH", "LANG", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR"]
    /// The variables of libcurl: <https://curl.se/libcurl/c/libcurl-env.html>.
    private static let proxies = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"]

    /// Builds the variables for a call on a repository.
    ///
    /// - Parameters:
    ///   - home: the folder for `~`. It must not have a user's files, such as `.netrc`.
    ///   - repository: the bare repository.
    ///   - configuration: the settings in addition to the repository's own file.
    package static func variables(home: String, repository: String, _ configuration: GitConfiguration) -> [String:
        String]
    {
        var variables = own(inherited + proxies + proxies.map { $0.uppercased() })
        // The messages are parsed, so they must be in one language.
        variables.merge(["LC_ALL": "C", "LANGUAGE": "C", "HOME": home, "GIT_DIR": repository]) { $1 }
        variables.merge([
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_SYSTEM": "/dev/null", "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_ATTR_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
        ]) { $1 }
        return variables.merging(configuration.variables) { $1 }
    }

    /// The named variables of the service's own environment, if they are set.
    package static func own(_ names: [String]) -> [String: String] {
        ProcessInfo.processInfo.environment.filter { names.contains($0.key) }
    }
}

/// Settings for the `git` program. They are passed in its environment, not in a file that others may write or in an
/// argument.
///
/// <https://git-scm.com/docs/git-config#ENVIRONMENT>
package struct GitConfiguration {
    private var entries: [(key: String, value: String)] = []

    /// Creates the settings of every call, which override the repository's own file.
    package init() {
        self["core.hooksPath"] = "/dev/null"
        self["gc.auto"] = "0"
        self["maintenance.auto"] = "false"
    }

    /// Adds a setting. A setting with several values gets another value.
    package subscript(key: String) -> String {
        get { entries.last { $0.key == key }?.value ?? "" }
        set { entries.append((key, newValue)) }
    }

    /// The environment's variables.
    package var variables: [String: String] {
        var variables = ["GIT_CONFIG_COUNT": "\(entries.count)"]
        for (index, entry) in entries.enumerated() {
            variables["GIT_CONFIG_KEY_\(index)"] = entry.key
            variables["GIT_CONFIG_VALUE_\(index)"] = entry.value
        }
        return variables
    }
}
