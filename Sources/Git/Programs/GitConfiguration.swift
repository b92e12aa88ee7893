/// Settings for the `git` program that stand in its environment: in no file that others may write, and in no argument.
///
/// <https://git-scm.com/docs/git-config#ENVIRONMENT>
package struct GitConfiguration {
    private var entries: [(key: String, value: String)] = []

    /// What holds for every call, whatever the mirror's own file says.
    package init() {
        self["core.hooksPath"] = "/dev/null"
        self["gc.auto"] = "0"
        self["maintenance.auto"] = "false"
    }

    /// Adds a setting; one that may be there more than once is added anew.
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
