import Foundation

extension String {
    /// The path from the root: programs run in folders of their own. A tilde at its beginning is the user's home.
    package var absolutePath: String {
        URL(fileURLWithPath: NSString(string: self).expandingTildeInPath).standardizedFileURL.path
    }
}
