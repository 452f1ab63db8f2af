@echo off
rem Starts the plugin for the Pulumi engine, with the Node.js that is on PATH.
where node >nul 2>nul || (
  echo pulumi-resource-ica: there is no Node.js on PATH. Install 20.19 or newer: https://nodejs.org 1>&2
  exit /b 1
)
node "%~dp0start.js" %*
