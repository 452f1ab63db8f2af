// A Pulumi provider for Illumina Connected Analytics (ICA) Bench: images and workspaces as code, with an emulator that runs them in Docker.
package ica
