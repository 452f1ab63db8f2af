// Writes the SDKs of the plugin for Python and Go: `sdk-generator SCHEMA FOLDER`. These are Pulumi's own generators, which
// `pulumi package gen-sdk` calls too. That command needs the language hosts of both languages; this one needs none.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	golang "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

const tool = "pulumi-ica"

func main() {
	if len(os.Args) != 3 {
		fail(fmt.Errorf("give the schema's file and the folder to write to"))
	}
	if err := generate(os.Args[1], os.Args[2]); err != nil {
		fail(err)
	}
}

func generate(schemaFile, folder string) error {
	// A package for each language, because a generator changes what it reads.
	forPython, err := readPackage(schemaFile)
	if err != nil {
		return err
	}
	files, err := python.GeneratePackage(tool, forPython, nil, nil)
	if err != nil {
		return fmt.Errorf("python: %w", err)
	}
	if err := write(filepath.Join(folder, "python"), files); err != nil {
		return err
	}
	forGo, err := readPackage(schemaFile)
	if err != nil {
		return err
	}
	if files, err = golang.GeneratePackage(tool, forGo, nil); err != nil {
		return fmt.Errorf("go: %w", err)
	}
	return write(filepath.Join(folder, "go"), files)
}

// readPackage also checks the schema: its form, its references, its names.
func readPackage(file string) (*schema.Package, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var spec schema.PackageSpec
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&spec); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	pkg, problems, err := schema.BindSpec(spec, schema.NewNullLoader(), schema.ValidationOptions{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(problems) > 0 {
		return nil, fmt.Errorf("%s: %w", file, problems)
	}
	return pkg, nil
}

func write(folder string, files map[string][]byte) error {
	for name, text := range files {
		file := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
